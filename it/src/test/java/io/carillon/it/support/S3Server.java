package io.carillon.it.support;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobApiMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.options.ListContainerOptions;

/** A server that speaks S3, with one bucket in the memory of this JVM. */
public final class S3Server implements AutoCloseable {
    private static final String BUCKET = "carillon";
    private static final String KEY = "a-key";
    private static final String SECRET = "a-secret";

    private final BlobStoreContext context;
    private final S3Proxy proxy;
    private volatile CountDownLatch silence = new CountDownLatch(0);

    private S3Server(BlobStoreContext context) {
        this.context = context;
        this.proxy = S3Proxy.builder()
                .blobStore(hesitating(context.getBlobStore()))
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                .build();
    }

    public static S3Server start() {
        BlobStoreContext context = ContextBuilder.newBuilder(new TransientNio2BlobApiMetadata())
                .credentials(KEY, SECRET)
                .build(BlobStoreContext.class);
        context.getBlobStore().createContainerInLocation(null, BUCKET);
        S3Server server = new S3Server(context);
        try {
            server.proxy.start();
            return server;
        } catch (Exception e) {
            throw new IllegalStateException("The S3 server does not start", e);
        }
    }

    private BlobStore hesitating(BlobStore store) {
        return (BlobStore) Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(), new Class<?>[] {BlobStore.class}, (proxied, method, arguments) -> {
                    try {
                        Object answer = method.invoke(store, arguments);
                        if (method.getName().equals("putBlob")) {
                            silence.await();
                        }
                        return answer;
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
    }

    /** From now on an object that is put is there, and who put it hears nothing, until {@link #speak}. */
    public void fallSilent() {
        silence = new CountDownLatch(1);
    }

    /** Answers, also to those who have waited. */
    public void speak() {
        silence.countDown();
    }

    /** What a server's environment needs to keep its files here. */
    public Map<String, String> environment() {
        return Map.of(
                "CARILLON_FILES_S3_BUCKET", BUCKET,
                "CARILLON_FILES_S3_PREFIX", "it/",
                "CARILLON_FILES_S3_ENDPOINT", "http://127.0.0.1:" + proxy.getPort(),
                "CARILLON_FILES_S3_ACCESS_KEY", KEY,
                "CARILLON_FILES_S3_SECRET_KEY", SECRET);
    }

    /** How many objects there are, unfinished uploads and their parts included. */
    public int objects() {
        BlobStore store = context.getBlobStore();
        while (true) {
            try {
                return store.list(BUCKET, ListContainerOptions.Builder.recursive())
                                .size()
                        + store.listMultipartUploads(BUCKET).size();
            } catch (IllegalArgumentException beingWritten) {
                // The store lists an object whose attributes it is just writing.
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public void close() {
        speak();
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        context.close();
    }
}
