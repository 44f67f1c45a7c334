package io.carillon.batch;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What is wrong with an input file. Contract: openai-batch 5.
 *
 * @param line the physical line, from 1; null when it is not one line's fault
 * @param param the field that is wrong, or null
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record LineError(String code, Integer line, String message, String param) {}
