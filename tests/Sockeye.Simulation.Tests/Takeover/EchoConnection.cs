using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A connection, with all that the system knows of it: it exists once, whatever process serves it.</summary>
internal sealed class EchoConnection
{
    private readonly ConnectionContext _context;
    private readonly SimulatedMachine _machine;
    private TaskCompletionSource<bool>? _detaching;
    private bool _hasEnded;

    public EchoConnection(ConnectionContext context, SimulatedMachine machine)
    {
        (_context, _machine, Socket) = (context, machine, new(Close));
        context.ConnectionClosed.Register(() => _hasEnded = true);
    }

    public SharedSocket Socket { get; }

    /// <summary>The process to which it belongs: its end ends the connection.</summary>
    public EchoProcess? Owner { get; set; }

    /// <summary>The process that serves it now.</summary>
    public EchoProcess? Server { get; private set; }

    /// <summary>Answers lines until the client ends it, or it is detached.</summary>
    /// <param name="process">The process that serves it.</param>
    /// <param name="count">The number of lines that were answered before.</param>
    /// <param name="save">Called with the number when it is detached.</param>
    /// <returns>Whether it was detached; false if it has ended.</returns>
    public async Task<bool> ServeAsync(EchoProcess process, int count, Action<int> save)
    {
        _machine.Invariants.Check(
            Server is null || Server.IsDead, () => $"a connection is served by both {Server!.Name} and {process.Name}");
        (Server, Owner) = (process, process);
        try
        {
            while (true)
            {
                await process.RunsAsync();
                var result = await _context.Transport.Input.ReadAsync();
                await process.RunsAsync();
                _machine.Invariants.Check(Server == process, () => $"{process.Name} reads what belongs to {Server?.Name}");
                var rest = result.Buffer;
                while (TryReadLine(ref rest, out var line))
                    await _context.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes($"{line}:{++count}\n"));
                _context.Transport.Input.AdvanceTo(rest.Start, result.Buffer.End);
                if (result.IsCompleted)
                    break;
                if (_detaching is not null)
                {
                    Server = null;
                    save(count);
                    EndDetaching(isDetached: true);
                    return true;
                }
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or InvalidOperationException)
        {
            // The client has gone, or this process.
        }

        if (process.IsDead)
            return false;
        _hasEnded = true;
        Server = null;
        EndDetaching(isDetached: false);
        return false;
    }

    /// <summary>Ends serving between two lines. Returns false if the client has ended it.</summary>
    public Task<bool> DetachAsync()
    {
        if (_hasEnded || Server is null)
            return Task.FromResult(false);
        _detaching = new();
        _context.Transport.Input.CancelPendingRead();
        return _detaching.Task;
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out int line)
    {
        line = 0;
        if (buffer.PositionOf((byte)'\n') is not { } end)
            return false;
        if (!Utf8Parser.TryParse(buffer.Slice(0, end).ToArray(), out line, out _))
            throw new InvalidOperationException("A line of the client is a number.");
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    private void EndDetaching(bool isDetached)
    {
        var detaching = _detaching;
        _detaching = null;
        detaching?.SetResult(isDetached);
    }

    /// <summary>The last descriptor is closed.</summary>
    private void Close()
    {
        if (!_hasEnded)
        {
            _machine.Invariants.Check(Owner!.IsDead, () => $"a connection of {Owner.Name} is closed, although both live");
            _machine.LostConnections++;
            _context.Abort();
        }

        _ = _context.DisposeAsync().AsTask();
    }
}
