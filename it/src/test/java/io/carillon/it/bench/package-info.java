/**
 * The benchmarks of the running whole: {@link io.carillon.it.bench.Bench} runs them ({@code mvn -Pbench}), {@link
 * io.carillon.it.bench.Rows} lists them. Each row of the table is a class that drives {@link io.carillon.it.bench.Client}s
 * in a {@link io.carillon.it.bench.Loop}, which costs so little that it may share the machine with what it measures.
 * docs/performance.md says what each row measures.
 */
package io.carillon.it.bench;
