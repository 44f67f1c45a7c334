/** Files that come in parts, so that a large one can be sent over a poor connection. */
package io.carillon.upload;
