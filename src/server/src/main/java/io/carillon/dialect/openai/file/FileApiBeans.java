package io.carillon.dialect.openai.file;

import io.carillon.idempotency.IdempotencyKeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

@ApplicationScoped
class FileApiBeans {
    @Produces
    @Singleton
    Once once(IdempotencyKeys keys) {
        return new Once(keys);
    }
}
