package io.carillon.platform.config;

import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every setting of the server, with its default. A setting {@code carillon.redis.url} is read from the environment
 * variable {@code CARILLON_REDIS_URL}, a system property or any other MicroProfile Config source.
 */
@ApplicationScoped
public class Configuration {
    private static final Logger LOG = LoggerFactory.getLogger(Configuration.class);

    @Inject
    @ConfigProperty(name = "carillon.http.port", defaultValue = "8080")
    int httpPort;

    @Inject
    @ConfigProperty(name = "carillon.bind", defaultValue = "127.0.0.1")
    String bind;

    @Inject
    @ConfigProperty(name = "carillon.redis.url", defaultValue = "redis://127.0.0.1:6379")
    String redisUrl;

    @Inject
    @ConfigProperty(name = "carillon.admin.key")
    Optional<String> adminKey;

    @Inject
    @ConfigProperty(name = "carillon.body.limit", defaultValue = "10485760")
    int bodyLimit;

    @Inject
    @ConfigProperty(name = "carillon.json.depth", defaultValue = "100")
    int jsonDepth;

    @Inject
    @ConfigProperty(name = "carillon.callback.allow.private", defaultValue = "false")
    boolean callbackAllowPrivate;

    @Inject
    @ConfigProperty(name = "carillon.callback.connect.timeout", defaultValue = "10")
    int callbackConnectTimeout;

    @Inject
    @ConfigProperty(name = "carillon.callback.response.timeout", defaultValue = "30")
    int callbackResponseTimeout;

    @Inject
    @ConfigProperty(name = "carillon.errors.always.200", defaultValue = "false")
    boolean errorsAlways200;

    @Inject
    @ConfigProperty(name = "carillon.auth.query", defaultValue = "false")
    boolean authQuery;

    @Inject
    @ConfigProperty(name = "carillon.strict.status", defaultValue = "false")
    boolean strictStatus;

    @Inject
    @ConfigProperty(name = "carillon.blocking.timeout", defaultValue = "300")
    int blockingTimeout;

    @Inject
    @ConfigProperty(name = "carillon.blocking.timeout.max", defaultValue = "600")
    int blockingTimeoutMax;

    @Inject
    @ConfigProperty(name = "carillon.callers.max", defaultValue = "100000")
    int callersMax;

    @Inject
    @ConfigProperty(name = "carillon.openai.paths")
    Optional<String> openAiPaths;

    @Inject
    @ConfigProperty(name = "carillon.quota.queued.requests", defaultValue = "-1")
    long quotaQueuedRequests;

    @Inject
    @ConfigProperty(name = "carillon.quota.live.batches", defaultValue = "-1")
    long quotaLiveBatches;

    @Inject
    @ConfigProperty(name = "carillon.quota.stored.bytes", defaultValue = "-1")
    long quotaStoredBytes;

    @Inject
    @ConfigProperty(name = "carillon.quota.requests.per.minute", defaultValue = "-1")
    long quotaRequestsPerMinute;

    @Inject
    @ConfigProperty(name = "carillon.many.max", defaultValue = "1000")
    int manyMax;

    @Inject
    @ConfigProperty(name = "carillon.online.capacity", defaultValue = "100000")
    int onlineCapacity;

    @Inject
    @ConfigProperty(name = "carillon.online.retention", defaultValue = "86400")
    int onlineRetention;

    @Inject
    @ConfigProperty(name = "carillon.window.tasks", defaultValue = "50000")
    int windowTasks;

    @Inject
    @ConfigProperty(name = "carillon.window.mb", defaultValue = "64")
    int windowMb;

    @Inject
    @ConfigProperty(name = "carillon.redis.memory.mb", defaultValue = "0")
    int redisMemoryMb;

    @Inject
    @ConfigProperty(name = "carillon.retention.tasks", defaultValue = "604800")
    long retentionTasks;

    @Inject
    @ConfigProperty(name = "carillon.retention.batches", defaultValue = "2592000")
    long retentionBatches;

    @Inject
    @ConfigProperty(name = "carillon.retention.instances", defaultValue = "604800")
    long retentionInstances;

    @Inject
    @ConfigProperty(name = "carillon.retention.rows", defaultValue = "500")
    int retentionRows;

    @Inject
    @ConfigProperty(name = "carillon.batch.lines", defaultValue = "50000")
    int batchLines;

    @Inject
    @ConfigProperty(name = "carillon.batch.cancel.grace", defaultValue = "600")
    int batchCancelGrace;

    @Inject
    @ConfigProperty(name = "carillon.batch.times.in.ms", defaultValue = "false")
    boolean batchTimesInMs;

    @Inject
    @ConfigProperty(name = "carillon.data.dir", defaultValue = "data")
    String dataDirectory;

    @Inject
    @ConfigProperty(name = "carillon.files.dir")
    Optional<String> filesDirectory;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.bucket")
    Optional<String> filesS3Bucket;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.prefix")
    Optional<String> filesS3Prefix;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.endpoint")
    Optional<String> filesS3Endpoint;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.region", defaultValue = "us-east-1")
    String filesS3Region;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.path.style")
    Optional<Boolean> filesS3PathStyle;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.access.key")
    Optional<String> filesS3AccessKey;

    @Inject
    @ConfigProperty(name = "carillon.files.s3.secret.key")
    Optional<String> filesS3SecretKey;

    @Inject
    @ConfigProperty(name = "carillon.files.limit", defaultValue = "536870912")
    long filesLimit;

    @Inject
    @ConfigProperty(name = "carillon.files.batch.limit", defaultValue = "209715200")
    long filesBatchLimit;

    @Inject
    @ConfigProperty(name = "carillon.files.transfers", defaultValue = "32")
    int filesTransfers;

    @Inject
    @ConfigProperty(name = "carillon.uploads.limit", defaultValue = "8589934592")
    long uploadsLimit;

    @Inject
    @ConfigProperty(name = "carillon.uploads.part.limit", defaultValue = "67108864")
    long uploadsPartLimit;

    @Inject
    @ConfigProperty(name = "carillon.eventbus.url")
    Optional<String> eventBusUrl;

    @Inject
    @ConfigProperty(name = "carillon.eventbus.user", defaultValue = "carillon-bus")
    String eventBusUser;

    @Inject
    @ConfigProperty(name = "carillon.log.format")
    Optional<String> logFormat;

    @Inject
    @ConfigProperty(name = "carillon.log.level")
    Optional<String> logLevel;

    @Inject
    @ConfigProperty(name = "carillon.profile", defaultValue = "default")
    String profile;

    /** Some application servers take the default, without a word, for a number that is none. */
    @PostConstruct
    void sayWhichAreNoNumbers() {
        for (Field field : Configuration.class.getDeclaredFields()) {
            ConfigProperty property = field.getAnnotation(ConfigProperty.class);
            if (property != null && (field.getType() == int.class || field.getType() == long.class)) {
                ConfigProvider.getConfig()
                        .getOptionalValue(property.name(), String.class)
                        .filter(text -> !text.strip().matches("[+-]?\\d{1,18}"))
                        .ifPresent(text -> LOG.error(
                                "{} is a number, not '{}'; the default, {}, holds",
                                property.name(),
                                text,
                                property.defaultValue()));
            }
        }
    }

    /** The port on which this instance answers; a part of its name on the event bus. */
    public int httpPort() {
        return httpPort;
    }

    /** The address on which this instance answers. */
    public String bind() {
        return bind;
    }

    /** Where Redis is, with {@code user:password@} where it wants that; see {@link io.carillon.platform.redis.RedisUrl}. */
    public String redisUrl() {
        return redisUrl;
    }

    /** The key that may do everything, besides those in the database; without one, only those. */
    public Optional<String> adminKey() {
        return adminKey.filter(key -> !key.isBlank());
    }

    /** The largest request body, in bytes. */
    public int bodyLimit() {
        return bodyLimit;
    }

    /** How deep user JSON may be nested. */
    public int jsonDepth() {
        return jsonDepth;
    }

    /** Whether callbacks may go to private, loopback and link-local addresses. */
    public boolean callbackAllowPrivate() {
        return callbackAllowPrivate;
    }

    /** How long a receiver of callbacks may take to accept a connection; in seconds. */
    public Duration callbackConnectTimeout() {
        return Duration.ofSeconds(callbackConnectTimeout);
    }

    /** How long a receiver of callbacks may say nothing before the attempt has failed; in seconds. */
    public Duration callbackResponseTimeout() {
        return Duration.ofSeconds(callbackResponseTimeout);
    }

    /** Whether errors of the Task API are answered with HTTP 200, as Bella-Queue does. */
    public boolean errorsAlways200() {
        return errorsAlways200;
    }

    /** Whether the key may come as a query parameter {@code Authorization}; then it reaches access logs. */
    public boolean authQuery() {
        return authQuery;
    }

    /** Whether a result with a status code other than 2xx ends a task as failed; Bella-Queue's tasks always succeed. */
    public boolean strictStatus() {
        return strictStatus;
    }

    /** How long a blocking or streaming caller waits that names no timeout. */
    public Duration blockingTimeout() {
        return Duration.ofSeconds(blockingTimeout);
    }

    /** The longest that a blocking or streaming caller may wait. */
    public Duration blockingTimeoutMax() {
        return Duration.ofSeconds(blockingTimeoutMax);
    }

    /** How many blocking and streaming callers this instance holds at once. */
    public int callersMax() {
        return callersMax;
    }

    /** Paths, besides OpenAI's own, that are answered through a queue, with commas between them. */
    public Optional<String> openAiPaths() {
        return openAiPaths;
    }

    /** How many requests to OpenAI's paths a key may have queued or running, when nothing is said about the key; negative without limit. */
    public long quotaQueuedRequests() {
        return quotaQueuedRequests;
    }

    /** How many batches of a key may not have ended, when nothing is said about the key; negative without limit. */
    public long quotaLiveBatches() {
        return quotaLiveBatches;
    }

    /** How many bytes the files of a key may have, when nothing is said about the key; negative without limit. */
    public long quotaStoredBytes() {
        return quotaStoredBytes;
    }

    /** How many requests a key may send to OpenAI's paths in a minute, when nothing is said about the key; negative without limit. */
    public long quotaRequestsPerMinute() {
        return quotaRequestsPerMinute;
    }

    /** How many tasks one request may put or complete. */
    public int manyMax() {
        return manyMax;
    }

    /** How many online tasks of one queue may wait. */
    public int onlineCapacity() {
        return onlineCapacity;
    }

    /** How long a finished online task can still be read. */
    public Duration onlineRetention() {
        return Duration.ofSeconds(onlineRetention);
    }

    /** How many offline tasks of a queue's level Redis holds while they wait; more wait in MariaDB. */
    public int windowTasks() {
        return windowTasks;
    }

    /** How many bytes of data those may have. */
    public long windowBytes() {
        return (long) windowMb << 20;
    }

    /**
     * How many bytes a Redis server may use before levels get less room in it; zero for three quarters of its own
     * {@code maxmemory}.
     */
    public long redisBytes() {
        return (long) redisMemoryMb << 20;
    }

    /** How long ended offline tasks and callbacks are kept, unless their queue says otherwise; zero for ever. */
    public Duration taskRetention() {
        return Duration.ofSeconds(retentionTasks);
    }

    /** How long ended batches can be read; zero for ever. */
    public Duration batchRetention() {
        return Duration.ofSeconds(retentionBatches);
    }

    /** How long the rows of servers that were started are kept; zero for ever. */
    public Duration instanceRetention() {
        return Duration.ofSeconds(retentionInstances);
    }

    /** How many old rows of a kind are removed in one transaction. */
    public int retentionRows() {
        return Math.max(1, retentionRows);
    }

    /** How many files this instance sends and receives at once, each of which holds a thread; 1 or more. */
    public int filesTransfers() {
        return Math.max(1, filesTransfers);
    }

    /** How many requests a batch may have, and how many inputs a batch of embeddings in all. */
    public int batchLines() {
        return batchLines;
    }

    /** How long a cancelled batch waits for the requests that workers have begun; at most ten minutes. */
    public Duration batchCancelGrace() {
        return Duration.ofSeconds(Math.max(0, Math.min(600, batchCancelGrace)));
    }

    /**
     * Whether a batch's instants are milliseconds and its {@code expired_at} is always the deadline, as Bella-Queue has them,
     * unless a request says otherwise.
     */
    public boolean batchTimesInMs() {
        return batchTimesInMs;
    }

    /** The directory in which files are kept; all instances need the same. */
    public Path filesDirectory() {
        return filesDirectory
                .filter(text -> !text.isBlank())
                .map(Path::of)
                .orElseGet(() -> Path.of(dataDirectory, "files"));
    }

    /** The bucket in which files are kept instead of the directory. */
    public Optional<String> filesS3Bucket() {
        return filesS3Bucket.filter(text -> !text.isBlank());
    }

    /** What the names of all objects in the bucket begin with. */
    public String filesS3Prefix() {
        return filesS3Prefix.orElse("");
    }

    /** Where S3 is, when it is not Amazon's. */
    public Optional<String> filesS3Endpoint() {
        return filesS3Endpoint.filter(text -> !text.isBlank());
    }

    public String filesS3Region() {
        return filesS3Region;
    }

    /** Whether the bucket is named in the path and not in the host; so it is, unless said otherwise, at an endpoint of one's own. */
    public boolean filesS3PathStyle() {
        return filesS3PathStyle.orElse(filesS3Endpoint().isPresent());
    }

    /** With the secret key, who this server is to S3; without it, whoever the environment says, as the AWS SDK finds it. */
    public Optional<String> filesS3AccessKey() {
        return filesS3AccessKey.filter(text -> !text.isBlank());
    }

    public Optional<String> filesS3SecretKey() {
        return filesS3SecretKey;
    }

    /** The largest file that one request may bring, in bytes. */
    public long fileLimit() {
        return filesLimit;
    }

    /** The largest input file of a batch, in bytes. */
    public long batchFileLimit() {
        return filesBatchLimit;
    }

    /** The largest file that may come in parts, in bytes. */
    public long uploadLimit() {
        return uploadsLimit;
    }

    /** The largest part of such a file, in bytes. */
    public long uploadPartLimit() {
        return uploadsPartLimit;
    }

    /**
     * How workers reach Redis, when not as this server does: {@code redis://host:port}. With {@code user:password@} it is
     * handed out as it is and this server makes no user for workers.
     */
    public Optional<String> eventBusUrl() {
        return eventBusUrl;
    }

    /**
     * The Redis user that is made for workers. {@code default} suits clients that log in with a password alone; then this
     * server itself must log in to Redis as somebody else.
     */
    public String eventBusUser() {
        return eventBusUser;
    }

    /** {@code json} for one JSON object per line of the log; {@code plain}, or nothing, for the server's own form. */
    public Optional<String> logFormat() {
        return logFormat;
    }

    /** What of ours is logged: error, warn, info, debug or trace; nothing for the server's own setting. */
    public Optional<String> logLevel() {
        return logLevel;
    }

    /** Which installation this is: a tag of the metrics that have Bella-Queue's names. */
    public String profile() {
        return profile;
    }
}
