/**
 * Chat between dialects, hub and spoke: one model of a request, of a whole answer and of a streamed one, and for each
 * dialect what reads it into that model and what writes it out.
 */
@NullMarked
package dev.sluice.plugins.aiproxy.dialect;

import org.jspecify.annotations.NullMarked;
