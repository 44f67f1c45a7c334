/** OpenAI's Files and Uploads APIs. Contract: openai-batch 2 and 8. */
package io.carillon.dialect.openai.file;
