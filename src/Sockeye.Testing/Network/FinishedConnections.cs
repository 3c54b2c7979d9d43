using System.Net;

namespace Sockeye.Testing;

/// <summary>
/// Connections that ended in order recently. Their late segments may still arrive, and answering these with a reset would break
/// the other end, which may have bytes to read. This is the only simulated part of TIME_WAIT.
/// </summary>
internal sealed class FinishedConnections
{
    private static readonly TimeSpan KeepTime = TimeSpan.FromMinutes(4); // twice the maximum segment lifetime of RFC 9293

    private readonly Dictionary<(IPEndPoint Local, IPEndPoint Remote), TimeSpan> _finishedAt = [];
    private readonly Queue<(IPEndPoint Local, IPEndPoint Remote, TimeSpan At)> _oldestFirst = new();

    public void Add(IPEndPoint local, IPEndPoint remote, TimeSpan now)
    {
        while (_oldestFirst.TryPeek(out var oldest) && oldest.At + KeepTime < now)
        {
            _oldestFirst.Dequeue();
            if (_finishedAt.GetValueOrDefault((oldest.Local, oldest.Remote)) == oldest.At)
                _finishedAt.Remove((oldest.Local, oldest.Remote));
        }

        _finishedAt[(local, remote)] = now;
        _oldestFirst.Enqueue((local, remote, now));
    }

    public bool Contains(IPEndPoint local, IPEndPoint remote, TimeSpan now) =>
        _finishedAt.TryGetValue((local, remote), out var at) && at + KeepTime >= now;

    public void Clear()
    {
        _finishedAt.Clear();
        _oldestFirst.Clear();
    }
}
