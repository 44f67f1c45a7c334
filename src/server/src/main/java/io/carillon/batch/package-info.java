/** Batches: files of requests, each line of which becomes a task, and the files of results that come of it. */
package io.carillon.batch;
