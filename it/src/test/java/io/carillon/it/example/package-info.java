/** The examples of docs/worker.md, which run in WorkerInContainersIT. */
package io.carillon.it.example;
