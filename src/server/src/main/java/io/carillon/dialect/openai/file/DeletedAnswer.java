package io.carillon.dialect.openai.file;

/**
 * What a delete is answered (contract 2.4).
 *
 * @param object always {@code file}
 */
public record DeletedAnswer(String id, String object, boolean deleted) {}
