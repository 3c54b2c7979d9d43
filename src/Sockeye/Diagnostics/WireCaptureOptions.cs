using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>How much a <see cref="WireCapture"/> may write, and what happens then. Read once, when the capture is made.</summary>
public sealed class WireCaptureOptions
{
    internal const long MinFileSize = 128 * 1024;
    private const int MinQueuedBytes = 128 * 1024;

    /// <summary>
    /// Bytes in one file, default 104,857,600 (100 MiB). Range: 131,072 and up. When the next frame would not fit, a new file
    /// is begun if <see cref="MaxFiles"/> allows; otherwise the capture ends, and the log says so.
    /// </summary>
    public long MaxFileSize
    {
        get;
        set => field = value >= MinFileSize
            ? value
            : throw OptionChecks.OutOfRange(
                nameof(MaxFileSize), value, "131,072 bytes or more: one frame has up to 65,535 bytes");
    } = 100 * 1024 * 1024;

    /// <summary>
    /// How long one file is written to, from its first frame on; default <see cref="Timeout.InfiniteTimeSpan"/>. Range: 1 ms
    /// and up. The first frame after that begins a new file if <see cref="MaxFiles"/> allows, or ends the capture.
    /// </summary>
    public TimeSpan MaxAge
    {
        get;
        set => field = OptionChecks.AtLeastOrInfinite(value, TimeSpan.FromMilliseconds(1));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Files to keep, default 1: one file with the name given. With more they are numbered (<c>name-00001.pcapng</c>, …) and the
    /// oldest is deleted before a new one is begun. Range: 1 to 10,000. Has no meaning for a stream, which is one file.
    /// </summary>
    public int MaxFiles { get; set => field = OptionChecks.InRange(value, 1, 10_000); } = 1;

    /// <summary>
    /// Bytes of data to keep of each connection, both directions together; default null: all. Range: 0 and up. Of what comes
    /// later only headers are kept: sizes, times and the end still show. 0 keeps no data at all.
    /// </summary>
    public long? MaxBytesPerConnection { get; set => field = OptionChecks.AtLeast(value, 0); }

    /// <summary>
    /// Memory for frames that wait to be written, in bytes, default 16,777,216 (16 MiB). Range: 131,072 and up. When a slow disk
    /// fills it frames are dropped: connections never wait for a capture. The log, the file and
    /// <see cref="WireCapture.DroppedFrames"/> tell.
    /// </summary>
    public long MaxQueuedBytes
    {
        get;
        set => field = value >= MinQueuedBytes
            ? value
            : throw OptionChecks.OutOfRange(
                nameof(MaxQueuedBytes), value, "131,072 bytes or more: one frame has up to 65,535 bytes");
    } = 16 * 1024 * 1024;

    /// <summary>
    /// Replaces a file of that name, and with <see cref="MaxFiles"/> above 1 deletes all numbered files of an earlier capture
    /// with that name. Default false: then the capture cannot be made while one is there.
    /// </summary>
    public bool Overwrite { get; set; }

    /// <summary>
    /// How long disposing the capture waits until what is queued was written; default 5 s. Range: 0 and up, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. What is left then is lost, and the log says so.
    /// </summary>
    public TimeSpan CloseTimeout
    {
        get;
        set => field = OptionChecks.AtLeastOrInfinite(value, TimeSpan.Zero);
    } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of the frames. Default null: that of the first server or client that uses the capture.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Where the capture logs. Default null: where the first server or client that uses it does.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal WireCaptureOptions Copy() => OptionCopier.Copy(this);
}
