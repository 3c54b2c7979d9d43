namespace Sockeye.Cli;

/// <summary>The segments of one connection that calls and states have proved.</summary>
/// <remarks>A call of the sender and one of the receiver prove the same segment. A call is reported when it has returned, so the
/// receiver's may be reported first, and then it is the proof: an answer never comes before what it answers.</remarks>
/// <param name="add">Adds a segment: whether the client sent it, its flags, its bytes, and its proof.</param>
internal sealed class ProvedConnection(Action<bool, string, int, string> add)
{
    private readonly Direction _fromClient = new();
    private readonly Direction _fromServer = new();
    private bool _hasSyn;
    private bool _hasHandshake;
    private bool _isReset;

    /// <summary>Whether <c>connect()</c> has returned.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether <c>accept()</c> has returned.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Whether the client has closed its socket, so that another may have its port.</summary>
    public bool IsClosed { get; private set; }

    public void OnConnected()
    {
        IsConnected = true;
        AddHandshake("connect() returned");
    }

    public void OnAccepted()
    {
        IsAccepted = true;
        AddHandshake("accept() returned");
    }

    public void AddSyn(string proof)
    {
        if (_hasSyn)
            return;
        _hasSyn = true;
        add(true, "SYN", 0, proof);
    }

    /// <summary>Adds the segments that a later call proves.</summary>
    public void OnStep(bool isClient, SocketStep step)
    {
        switch (step)
        {
            case { Function: SocketFunction.Receive or SocketFunction.Send, IsReset: true }:
                AddReset(!isClient, "ECONNRESET");
                break;
            case { Function: SocketFunction.Send, Error: null, Bytes: > 0 and var bytes }:
                AddData(isClient, GetDirection(isClient).Sent += bytes, "send()");
                break;
            case { Function: SocketFunction.Receive, Error: null, Bytes: > 0 and var bytes }:
                AddData(!isClient, GetDirection(!isClient).Received += bytes, "recv()");
                break;
            case { Function: SocketFunction.Shutdown, Error: null }:
                AddFin(isClient, "shutdown()");
                break;
            case { Function: SocketFunction.Receive, Error: null }:
                AddFin(!isClient, "recv() returned 0");
                break;
            case { Function: SocketFunction.Close }:
                if (step.IsReset)
                    AddReset(isClient, "close() with SO_LINGER 0");
                IsClosed |= isClient;
                break;
        }
    }

    private void AddHandshake(string proof)
    {
        AddSyn(proof);
        if (_hasHandshake)
            return;
        _hasHandshake = true;
        add(false, "SYN, ACK", 0, proof);
        add(true, "ACK", 0, proof);
    }

    /// <summary>Adds the bytes of a direction that no segment has yet.</summary>
    /// <param name="isFromClient">The direction.</param>
    /// <param name="total">The bytes that one of its ends has sent or received since the start.</param>
    /// <param name="proof">The call.</param>
    private void AddData(bool isFromClient, long total, string proof)
    {
        var direction = GetDirection(isFromClient);
        if (total <= direction.Proved)
            return;
        add(isFromClient, "PSH, ACK", (int)Math.Min(total - direction.Proved, int.MaxValue), proof);
        direction.Proved = total;
    }

    private void AddFin(bool isFromClient, string proof)
    {
        var direction = GetDirection(isFromClient);
        if (direction.HasFin)
            return;
        direction.HasFin = true;
        add(isFromClient, "FIN, ACK", 0, proof);
    }

    /// <summary>Adds the reset. The other end reports it too, and sends no RST.</summary>
    private void AddReset(bool isFromClient, string proof)
    {
        if (_isReset)
            return;
        _isReset = true;
        add(isFromClient, "RST, ACK", 0, proof);
    }

    private Direction GetDirection(bool isFromClient) => isFromClient ? _fromClient : _fromServer;

    /// <summary>The bytes of one direction since the start.</summary>
    private sealed class Direction
    {
        public long Sent { get; set; }

        public long Received { get; set; }

        /// <summary>The bytes that segments have.</summary>
        public long Proved { get; set; }

        public bool HasFin { get; set; }
    }
}
