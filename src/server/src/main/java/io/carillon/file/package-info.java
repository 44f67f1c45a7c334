/** Files that clients upload and batches write: who owns them, how long they stay, and where their bytes lie. */
package io.carillon.file;
