namespace Sockeye;

/// <summary>
/// The writer of a capture: takes frames from the queue, writes them as blocks, and starts new files.
/// </summary>
internal sealed class CaptureWriter(FrameQueue queue, CaptureOutput output, WireCaptureOptions options)
{
    private const int FlushThreshold = 128 * 1024;
    private const int StatisticsLength = 80;

    private readonly PcapngWriter _blocks = new();
    private readonly List<CaptureInterface> _interfaces = [];
    private int _file;
    private long _firstTime;
    private long _lastTime;
    private long _frames;
    private long _bytes;

    /// <summary>The number of frames in all files.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>The size of all files.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The current file, for the log.</summary>
    public string Name => output.Name;

    /// <summary>Writes the start, so that the file can be opened as soon as it exists.</summary>
    public async Task StartAsync()
    {
        StartFile();
        await FlushAsync();
    }

    /// <summary>
    /// Writes until the queue is closed and empty, and returns true; or until a limit is reached, and returns false.
    /// </summary>
    public async Task<bool> RunAsync()
    {
        while (await queue.WaitAsync())
        {
            foreach (var frame in queue.Take())
            {
                if (IsFull(frame))
                {
                    EndFile();
                    await FlushAsync();
                    if (!output.CanRotate)
                        return false;
                    await output.RotateAsync();
                    StartFile();
                }

                Add(frame);
                queue.Free(frame);
                if (_blocks.Length >= FlushThreshold)
                    await FlushAsync();
            }

            await FlushAsync();
        }

        EndFile();
        await FlushAsync();
        return true;
    }

    private bool IsFull(in CapturedFrame frame)
    {
        if (_firstTime == 0)
            return false; // A file has at least one frame, even with small limits.
        if (options.MaxAge != Timeout.InfiniteTimeSpan && frame.Time - _firstTime >= options.MaxAge.TotalNanoseconds)
            return true;
        // An upper bound of the size: three comments, and an interface with two texts.
        var block = frame.KeptLength + 500 + (5 * PcapngWriter.MaxTextBytes);
        return output.Length + _blocks.Length + block + ((_interfaces.Count + 1) * StatisticsLength) > options.MaxFileSize;
    }

    private void StartFile()
    {
        _file++;
        _firstTime = 0;
        _interfaces.Clear();
        var part = output.CanRotate ? $" Part {_file} of a series." : "";
        _blocks.Section(
            "Bytes of connections as their handlers read and write them, decrypted if they use TLS: this file can contain "
            + $"secrets. The IP and TCP headers are synthetic.{part}");
    }

    private void Add(in CapturedFrame frame)
    {
        var (connection, nic) = (frame.Connection, frame.Connection.Interface);
        if (nic.LastFile != _file)
            Describe(nic);
        if (_firstTime == 0)
            _firstTime = frame.Time;
        _lastTime = Math.Max(_lastTime, frame.Time);
        var dropped = nic.Dropped - nic.DroppedReported;
        var isFirst = connection.LastFile != _file;
        var headers = TcpSegment.GetHeaderLength(connection.Addresses, frame.Bits);
        var room = _blocks.BeginFrame(nic.Id, frame.Time, headers + frame.KeptLength, headers + frame.Length);
        TcpSegment.Write(room, connection.Addresses, frame);
        _blocks.EndFrame(
            frame.IsOutbound,
            dropped,
            isFirst ? connection.Comment : null,
            dropped > 0 ? $"{dropped} frames of this endpoint were dropped before this one: the capture's queue was full" : null,
            frame.Comment);
        connection.LastFile = _file;
        nic.DroppedReported += dropped;
        nic.DroppedInFile += dropped;
        nic.Written++;
        Volatile.Write(ref _frames, _frames + 1);
    }

    private void Describe(CaptureInterface nic)
    {
        (nic.Id, nic.LastFile, nic.Written, nic.DroppedInFile) = ((uint)_interfaces.Count, _file, 0, 0);
        _interfaces.Add(nic);
        _blocks.Interface(nic.Name, nic.Description);
    }

    private void EndFile()
    {
        foreach (var nic in _interfaces)
        {
            // Drops that no frame has reported yet are reported here.
            var dropped = nic.Dropped - nic.DroppedReported;
            nic.DroppedReported += dropped;
            nic.DroppedInFile += dropped;
            _blocks.Statistics(nic.Id, _firstTime, _lastTime, nic.Written + nic.DroppedInFile, nic.DroppedInFile);
        }
    }

    private async ValueTask FlushAsync()
    {
        if (_blocks.Length == 0)
            return;
        await output.WriteAsync(_blocks.Written, _lastTime);
        Volatile.Write(ref _bytes, _bytes + _blocks.Length);
        _blocks.Clear();
    }
}
