/** What an application server does with requests when the application does nothing: what the benchmarks compare with. */
package io.carillon.plain;
