/** Models that make vectors of texts, in this process. */
@NullMarked
package dev.sluice.host.embedding;

import org.jspecify.annotations.NullMarked;
