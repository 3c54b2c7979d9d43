using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The limits of a <see cref="WireCapture"/>, which copies them when it is created.</summary>
public sealed class WireCaptureOptions
{
    internal const long MinFileSize = 128 * 1024;
    private const int MinQueuedBytes = 128 * 1024;

    /// <summary>
    /// Gets or sets the maximum size in bytes of one file. Default: 104,857,600 (100 MiB). Range: 131,072 and up. When the next
    /// frame does not fit, a new file is started if <see cref="MaxFiles"/> allows it; otherwise the capture ends, which is
    /// logged.
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
    /// Gets or sets the maximum age of a file, from its first frame. Default: <see cref="Timeout.InfiniteTimeSpan"/>. Range: 1 ms
    /// and up. The next frame after that starts a new file if <see cref="MaxFiles"/> allows it, or ends the capture.
    /// </summary>
    public TimeSpan MaxAge
    {
        get;
        set => field = OptionChecks.AtLeastOrInfinite(value, TimeSpan.FromMilliseconds(1));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the number of files to keep. Default: 1, one file with the given name. Range: 1 to 10,000. With more than
    /// one, files are numbered (<c>name-00001.pcapng</c>, …), and the oldest is deleted before a new one is started. Does not
    /// apply to a stream.
    /// </summary>
    public int MaxFiles { get; set => field = OptionChecks.InRange(value, 1, 10_000); } = 1;

    /// <summary>
    /// Gets or sets the number of bytes of data to keep of each connection, both directions together. Default: null, all. Range:
    /// 0 and up; 0 keeps no data. Later segments are recorded without data: their sizes and times, and the end, are kept.
    /// </summary>
    public long? MaxBytesPerConnection { get; set => field = OptionChecks.AtLeast(value, 0); }

    /// <summary>
    /// Gets or sets the maximum size in bytes of frames that wait to be written. Default: 16,777,216 (16 MiB). Range: 131,072 and
    /// up. If a slow disk causes it to be reached, frames are dropped, because connections never wait for a capture. The log, the
    /// file and <see cref="WireCapture.DroppedFrames"/> report it.
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
    /// Gets or sets whether the capture replaces a file of the same name, and with <see cref="MaxFiles"/> above 1 all numbered
    /// files of an earlier capture. Default: false, the constructor throws if such a file exists.
    /// </summary>
    public bool Overwrite { get; set; }

    /// <summary>
    /// Gets or sets the maximum time that disposing the capture waits until queued frames are written. Default: 5 s. Range: 0 to
    /// 30 days, or <see cref="Timeout.InfiniteTimeSpan"/>. Frames that are not written by then are lost, and the log says so.
    /// </summary>
    public TimeSpan CloseTimeout
    {
        get;
        set => field = OptionChecks.InRangeOrInfinite(value, TimeSpan.Zero, TimeSpan.FromDays(30));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the clock of the frames. Default: null, that of the first server or client that uses the capture.
    /// </summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>
    /// Gets or sets the factory of the capture's logger. Default: null, that of the first server or client that uses the capture.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal WireCaptureOptions Copy() => OptionCopier.ShallowCopy(this);
}
