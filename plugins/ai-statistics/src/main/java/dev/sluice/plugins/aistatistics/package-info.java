/** {@code ai-statistics}: what happened, in tokens, time and money. */
@NullMarked
package dev.sluice.plugins.aistatistics;

import org.jspecify.annotations.NullMarked;
