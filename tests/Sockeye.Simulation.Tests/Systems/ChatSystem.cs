using System.Net;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>
/// A chat: clients come, talk, stall, leave, crash and come back for simulated days, through partitions and loss.
/// </summary>
internal sealed class ChatSystem
{
    private const int Port = 7000;
    private const int Clients = 3;
    private const int QueueLimit = 16;
    private const int MaxLength = 100;

    /// <summary>Per connection: two small pipes, what is being written, and the buffer for what comes next.</summary>
    private const int MaxBlocks = 8;

    private static readonly TimeSpan Duration = TimeSpan.FromDays(2);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(20);

    private readonly SimulatedNetwork _network;
    private readonly Codec<string> _codec;
    private readonly Invariants _invariants;
    private readonly ChatLedger _ledger;
    private readonly List<SocketTransportOptions> _sockets = [];
    private readonly SimulatedHost _serverHost;
    private readonly List<SimulatedHost> _clientHosts;
    private readonly CancellationTokenSource _closing = new();
    private MessageGroup<string> _room = NewRoom();
    private SockeyeServer _server = null!;

    private ChatSystem(SimulatedNetwork network, Codec<string> codec)
    {
        (_network, _codec) = (network, codec);
        _invariants = new(network);
        _ledger = new(_invariants);
        _serverHost = NewHost("server");
        _clientHosts = [.. Enumerable.Range(1, Clients).Select(number => NewHost($"client{number}"))];
    }

    /// <summary>Runs it, and throws where it breaks an invariant.</summary>
    public static Task RunAsync(SimulatedNetwork network) => RunAsync(network, Codec.Lines(MaxLength));

    public static Task RunAsync(SimulatedNetwork network, Codec<string> codec) => new ChatSystem(network, codec).RunAsync();

    private static MessageGroup<string> NewRoom() => new(new() { MaxQueuedMessages = QueueLimit });

    private async Task RunAsync()
    {
        _server = await StartServerAsync();
        var clients = _clientHosts.ConvertAll(RunClientAsync);
        var weather = new Weather(_network, _serverHost, _clientHosts);
        while (_network.Elapsed < Duration)
        {
            await weather.RunAsync(Duration / 3, CheckInvariants);
            await RestartServerAsync(crash: _network.Random.Next(2) == 0);
        }

        _closing.Cancel();
        foreach (var client in clients)
            await client;
        await _invariants.BecomesTrueAsync(
            () => _server.ConnectionCount == 0, IdleTimeout + TimeSpan.FromMinutes(30),
            () => $"{_server.ConnectionCount} connections outlive their clients");
        await _server.StopAsync();
        await _invariants.BecomesTrueAsync(
            () => _sockets.TrueForAll(options => options.RentedBuffers == 0), TimeSpan.FromMinutes(5),
            () => $"blocks still rented, by host: {string.Join(", ", _sockets.Select(options => options.RentedBuffers))}");
        _invariants.Check(_room.Count == 0, () => $"{_room.Count} members are in the room after the end");
        _invariants.Check(_ledger.Heard is { Server: > 0, Clients: > 0 }, () => "no line was sent in all the time");
        CheckInvariants();
    }

    private SimulatedHost NewHost(string name)
    {
        var options = new SocketTransportOptions
        {
            Pool = new(), Segments = new(),
            ReceiveBufferSize = 2048, SendBufferSize = 2048, MaxReadBufferSize = 2048, MaxWriteBufferSize = 2048,
        };
        _sockets.Add(options);
        return _network.AddHost(name, options);
    }

    private Task<SockeyeServer> StartServerAsync()
    {
        var room = _room = NewRoom();
        return SockeyeServer.StartAsync(options =>
        {
            options.Transport = _serverHost;
            options.TimeProvider = _network.TimeProvider;
            options.Random = _network.Random;
            options.Listen(new IPEndPoint(IPAddress.IPv6Any, Port))
                .UseConnectionLimit(Clients + 2)
                .UseIdleTimeout(IdleTimeout)
                .Run(_codec, user => ServeAsync(room, user));
        });
    }

    private async Task ServeAsync(MessageGroup<string> room, MessageConnection<string> user)
    {
        room.Join(user);
        ChatLedger.Speaker? speaker = null;
        await foreach (var line in user.ReadAllAsync())
        {
            speaker = _ledger.OnServer(speaker, line);
            room.Broadcast(line);
        }

        if (speaker is not null && user.CloseReason is { By: ClosedBy.Peer, Cause: CloseCause.Fin })
            _ledger.OnLeft(speaker);
    }

    private async Task RestartServerAsync(bool crash)
    {
        if (crash)
            _serverHost.Crash();
        await _server.StopAsync();
        _invariants.Check(_server.ConnectionCount == 0, () => $"{_server.ConnectionCount} connections outlive the stop");
        _invariants.Check(_room.Count == 0, () => $"{_room.Count} members outlive the stop");
        CheckInvariants();
        await _network.PauseUpTo(TimeSpan.FromMinutes(10));
        if (crash)
            _serverHost.Restart();
        _server = await StartServerAsync();
    }

    private async Task RunClientAsync(SimulatedHost host)
    {
        var client = new SockeyeClient(options =>
        {
            options.Transport = host;
            options.TimeProvider = _network.TimeProvider;
            options.Random = _network.Random;
            options.Reconnect.MaxDelay = TimeSpan.FromMinutes(5);
        });
        try
        {
            await foreach (var chat in client.ReconnectAsync("server", Port, _codec, _closing.Token))
            {
                await VisitAsync(chat, _ledger.Open(host.Name));
                await _network.PauseUpTo(TimeSpan.FromHours(8), _closing.Token);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    private async Task VisitAsync(MessageConnection<string> chat, ChatLedger.Speaker speaker)
    {
        var listening = ListenAsync(chat, speaker);
        try
        {
            await TalkAsync(chat, speaker);
            await chat.DisposeAsync();
        }
        catch (IOException)
        {
            // The connection ended first, with a reason.
            var reason = chat.CloseReason;
            _invariants.Check(reason is not null, () => $"{speaker.Name} lost its connection for no reason");
        }

        await listening;
    }

    private async Task TalkAsync(MessageConnection<string> chat, ChatLedger.Speaker speaker)
    {
        for (var bursts = _network.Random.Next(1, 12); bursts > 0 && !_closing.IsCancellationRequested; bursts--)
        {
            for (var lines = _network.Random.Next(1, 8); lines > 0; lines--)
                await chat.WriteAsync(speaker.NextLine());
            await _network.PauseUpTo(TimeSpan.FromMinutes(25));
        }

        if (_network.Random.Next(5) == 0)
            chat.Connection.Abort();
    }

    private async Task ListenAsync(MessageConnection<string> chat, ChatLedger.Speaker speaker)
    {
        var heard = new Dictionary<string, int>();
        try
        {
            await foreach (var line in chat.ReadAllAsync())
            {
                _ledger.OnClient(speaker, heard, line);
                if (_network.Random.Next(20) == 0)
                    await _network.PauseUpTo(TimeSpan.FromMinutes(5));
            }
        }
        catch (FrameException cut)
        {
            _invariants.Check(cut.Error is FrameError.Truncated, () => $"{speaker.Name} heard nonsense: {cut.Message}");
        }
        catch (IOException)
        {
            _invariants.Check(chat.CloseReason is not null, () => $"{speaker.Name} lost its connection for no reason");
        }
    }

    private void CheckInvariants()
    {
        _invariants.ThrowIfBroken();
        foreach (var (host, lent) in _sockets.Select((options, index) => (index, options.RentedBuffers)))
        {
            var most = MaxBlocks * (host == 0 ? _server.ConnectionCount + 1 : 2);
            _invariants.Check(lent <= most, () => $"host {host} holds {lent} blocks, more than {most}");
        }

        _invariants.Check(_room.Count <= Clients + 2, () => $"{_room.Count} members are in the room");
        _invariants.ThrowIfBroken();
    }
}
