package io.carillon.queue;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A queue as MariaDB keeps it. */
@Entity
@Table(name = "queue")
class QueueRow {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private int id;

    private String name;
    private String endpoint;

    @Column(name = "created_by")
    private String createdBy;

    @Column(name = "created_at")
    private long createdAt;

    @Column(name = "modified_by")
    private String modifiedBy;

    @Column(name = "modified_at")
    private long modifiedAt;

    private String settings;

    @Column(name = "settings_version")
    private long settingsVersion;

    protected QueueRow() {}

    QueueRow(QueueName name, String endpoint, String by, long now) {
        this.name = name.text();
        this.endpoint = endpoint;
        this.createdBy = by;
        this.createdAt = now;
        this.modifiedBy = by;
        this.modifiedAt = now;
        this.settings = SettingsFields.json(QueueSettings.DEFAULT);
    }

    Queue queue() {
        return new Queue(
                id,
                new QueueName(name),
                endpoint,
                createdBy,
                createdAt,
                modifiedBy,
                modifiedAt,
                SettingsFields.settings(settings),
                settingsVersion);
    }

    void change(QueueSettings changed, String by, long now) {
        settings = SettingsFields.json(changed);
        settingsVersion++;
        modifiedBy = by;
        modifiedAt = now;
    }
}
