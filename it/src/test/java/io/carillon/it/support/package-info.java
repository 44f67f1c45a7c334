/** The outside world of the tests: clients, workers and receivers of callbacks, as they are found at other people's. */
package io.carillon.it.support;
