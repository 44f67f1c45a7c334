/** Load on two servers whose processes are killed meanwhile, and somebody who knows what must have come of it. */
package io.carillon.it.torture;
