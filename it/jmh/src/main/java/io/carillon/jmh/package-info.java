/** What single steps of a request cost, without HTTP: {@code mvn -Pbench -Dbench=jmh}. */
package io.carillon.jmh;
