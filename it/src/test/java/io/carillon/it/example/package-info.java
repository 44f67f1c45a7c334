/** The examples of docs/worker.md, which run in WorkerInContainersIT and WorkerInPayaraIT. */
package io.carillon.it.example;
