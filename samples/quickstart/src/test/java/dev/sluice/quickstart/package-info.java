/** Tests of the distribution and of what the documents say of it. */
@NullMarked
package dev.sluice.quickstart;

import org.jspecify.annotations.NullMarked;
