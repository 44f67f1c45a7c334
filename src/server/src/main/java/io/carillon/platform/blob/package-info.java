/** Where bytes lie that are too many for a database: a directory, or a bucket that speaks S3. */
package io.carillon.platform.blob;
