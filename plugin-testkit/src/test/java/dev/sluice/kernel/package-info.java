/** The kernel's own tests: one class for each invariant of the filter API, over real sockets, and its first proofs. */
package dev.sluice.kernel;
