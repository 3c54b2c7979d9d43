using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Fleet.Clients;

/// <summary>One connection to a node: finds the lines that it receives, and whether one is missing or comes twice.</summary>
internal sealed class Member
{
    private readonly MemberBatch _batch;
    private readonly Tally _tally;
    private readonly Action<Mark> _onMark;
    private long _next = long.MaxValue;
    private long _step = 1;

    public Member(ConnectionContext connection, MemberBatch batch, Tally tally)
    {
        (Connection, _batch, _tally) = (connection, batch, tally);
        _onMark = OnMark;
    }

    public ConnectionContext Connection { get; }

    /// <summary>Whether a line that tries the way has arrived.</summary>
    public bool IsReached { get; private set; }

    /// <summary>The member expects this number, then each that is a step further.</summary>
    public void Expect(long first, long step) => (_next, _step) = (first, step);

    /// <summary>How many numbers up to the last one it has not received.</summary>
    public long Missing(long last) => _next > last ? 0 : (last - _next) / _step + 1;

    public async Task ReceiveAsync()
    {
        var input = Connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                var consumed = Scan(read.Buffer);
                _tally.OnBytes(consumed);
                input.AdvanceTo(read.Buffer.GetPosition(consumed), read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (IOException)
        {
            // A reset is the end, too.
        }

        _tally.OnClosed();
    }

    private int Scan(in ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment ? Mark.Scan(bytes.FirstSpan, _onMark) : Mark.Scan(bytes.ToArray(), _onMark);

    private void OnMark(Mark mark)
    {
        if (mark.Number == 0)
        {
            if (!IsReached)
                _batch.OnReached();
            IsReached = true;
            return;
        }

        if (mark.Number < _next)
        {
            _tally.OnDoubled();
            return;
        }

        if (mark.Number > _next)
            _tally.OnLost((mark.Number - _next) / _step);
        _next = mark.Number + _step;
        _tally.OnReceived(mark.DueAt);
        _batch.OnReceived();
    }
}
