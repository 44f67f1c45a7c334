/**
 * Real Redis and MariaDB servers out of Maven artifacts, as processes of our own: for the launcher, and for tests that
 * want the real thing. A newcomer needs a JDK and Maven only.
 */
package io.carillon.stores;
