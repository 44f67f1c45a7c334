package io.carillon.callback;

import io.carillon.platform.error.Refused;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends callbacks over HTTP without a thread for each. Follows no redirect, keeps no cookie, repeats nothing by itself.
 * Safe for many threads.
 */
class Sender {
    private static final ContentType JSON = ContentType.parse("application/json; charset=utf-8");

    private static final Logger log = LoggerFactory.getLogger(Sender.class);

    private final CheckedResolver resolver;
    private final Clock clock;
    private final CloseableHttpAsyncClient client;

    Sender(CallbackSettings settings, CheckedResolver resolver, Clock clock) {
        this.resolver = resolver;
        this.clock = clock;
        Timeout response = Timeout.of(settings.responseTimeout());
        this.client = HttpAsyncClientBuilder.create()
                .setConnectionManager(PoolingAsyncClientConnectionManagerBuilder.create()
                        .setDnsResolver(resolver)
                        .setMaxConnTotal(settings.total())
                        .setMaxConnPerRoute(settings.perHost())
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.of(settings.connectTimeout()))
                                .setSocketTimeout(response)
                                .setIdleTimeout(Timeout.ofSeconds(30))
                                .setValidateAfterInactivity(TimeValue.ofSeconds(1))
                                .setTimeToLive(TimeValue.ofMinutes(5))
                                .build())
                        .setDefaultTlsConfig(TlsConfig.custom()
                                .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                                .setHandshakeTimeout(Timeout.of(settings.connectTimeout()))
                                .build())
                        .build())
                .setIOReactorConfig(IOReactorConfig.custom()
                        .setIoThreadCount(2)
                        .setSoTimeout(response)
                        .setTcpNoDelay(true)
                        .build())
                .setHttp1Config(Http1Config.custom()
                        .setMaxLineLength(16 << 10)
                        .setMaxHeaderCount(200)
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(Timeout.of(settings.connectTimeout()))
                        .setResponseTimeout(response)
                        .build())
                // closing the client makes its threads stumble; that is no news
                .setIoReactorExceptionCallback(failure -> log.debug("The HTTP client stumbled", failure))
                .setUserAgent("Carillon")
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .evictExpiredConnections()
                .evictIdleConnections(TimeValue.ofSeconds(30))
                .build();
    }

    void start() {
        client.start();
    }

    /**
     * Makes one attempt.
     *
     * @param longest after which it is cut off, however alive the receiver seems
     * @return the outcome; it never fails, unless it is cancelled, which cuts off the attempt
     */
    CompletableFuture<Answer> send(Delivery delivery, Duration longest) {
        Target target;
        try {
            target = Target.of(delivery.url());
        } catch (Refused unreadable) {
            return CompletableFuture.completedFuture(Answer.hopeless(unreadable.getMessage()));
        }
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        answer.completeOnTimeout(
                Answer.none("The whole answer did not come in time"), longest.toMillis(), TimeUnit.MILLISECONDS);
        resolver.lookUp(target.host()).whenComplete((found, failure) -> {
            if (failure != null) {
                answer.complete(failed(failure));
            } else if (!answer.isDone()) {
                exchange(delivery, target, answer);
            }
        });
        return answer;
    }

    private void exchange(Delivery delivery, Target target, CompletableFuture<Answer> answer) {
        try {
            HttpHost host = new HttpHost(target.scheme(), target.host(), target.port());
            BasicHttpRequest request = new BasicHttpRequest(Method.POST, host, target.path());
            request.setHeader("X-Task-Id", delivery.taskId());
            request.setHeader("X-Carillon-Attempt", delivery.attempt());
            if (delivery.traceId() != null && isHeaderValue(delivery.traceId())) {
                request.setHeader("X-BELLA-TRACE-ID", delivery.traceId());
            }
            if (!delivery.secrets().isEmpty()) {
                long timestamp = clock.instant().getEpochSecond();
                request.setHeader("webhook-id", delivery.taskId());
                request.setHeader("webhook-timestamp", timestamp);
                request.setHeader(
                        "webhook-signature",
                        Signature.of(delivery.taskId(), timestamp, delivery.body(), delivery.secrets()));
            }
            Future<Answer> exchange = client.execute(
                    new BasicRequestProducer(request, new BasicAsyncEntityProducer(delivery.body(), JSON)),
                    new AnswerConsumer(clock, answer::complete),
                    new FutureCallback<>() {
                        @Override
                        public void completed(Answer result) {
                            answer.complete(result);
                        }

                        @Override
                        public void failed(Exception failure) {
                            answer.complete(Sender.failed(failure));
                        }

                        @Override
                        public void cancelled() {
                            answer.complete(Sender.failed(new CancellationException("cancelled")));
                        }
                    });
            answer.whenComplete((a, failure) -> exchange.cancel(true));
        } catch (RuntimeException failure) {
            answer.complete(failed(failure));
        }
    }

    private static boolean isHeaderValue(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private static Answer failed(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CheckedResolver.Forbidden) {
            return Answer.hopeless(cause.getMessage());
        }
        String message = cause.getMessage();
        return Answer.none(cause.getClass().getSimpleName() + (message == null ? "" : ": " + message));
    }

    void close() {
        client.close(CloseMode.GRACEFUL);
    }
}
