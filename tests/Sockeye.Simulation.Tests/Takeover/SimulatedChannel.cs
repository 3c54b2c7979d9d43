using System.Runtime.InteropServices;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>
/// Two ends of a channel between two processes. What a process has sent arrives although it ends; a receiver that reads nothing
/// makes the sender wait.
/// </summary>
internal sealed class SimulatedChannel
{
    private const int BufferedFrames = 2;

    private SimulatedChannel(SimulatedNetwork network, EchoProcess left, EchoProcess right)
    {
        var (there, back) = (new Line(network), new Line(network));
        Left = new End(left, there, back);
        Right = new End(right, back, there);
    }

    public ITakeoverChannel Left { get; }

    public ITakeoverChannel Right { get; }

    public static SimulatedChannel Create(SimulatedNetwork network, EchoProcess left, EchoProcess right) =>
        new(network, left, right);

    private sealed class End : ITakeoverChannel
    {
        private readonly EchoProcess _process;
        private readonly Line _output;
        private readonly Line _input;

        public End(EchoProcess process, Line output, Line input)
        {
            (_process, _output, _input) = (process, output, input);
            process.OnCrash(Close);
        }

        public async Task SendAsync(TakeoverMessage message)
        {
            await _process.RunsAsync();
            await _output.SendAsync(message);
            await _process.RunsAsync();
        }

        public async Task<TakeoverMessage?> ReceiveAsync()
        {
            await _process.RunsAsync();
            var frame = await _input.ReceiveAsync();
            await _process.RunsAsync();
            if (frame is null)
                return null;
            return TakeoverFormat.Decode(
                frame.Bytes[TakeoverFormat.PrefixLength..], frame.TakeHandles(_process));
        }

        public ValueTask DisposeAsync()
        {
            Close();
            return default;
        }

        private void Close()
        {
            _output.End();
            _input.Abandon();
        }
    }

    /// <summary>One direction.</summary>
    private sealed class Line(SimulatedNetwork network)
    {
        private readonly Queue<Frame> _frames = [];
        private TaskCompletionSource _changed = new();
        private Task _last = Task.CompletedTask;
        private bool _hasEnded;
        private bool _isAbandoned;

        public Task SendAsync(TakeoverMessage message)
        {
            var frame = new Frame(message); // Holds the descriptors from now on.
            return _last = SendAfterAsync(_last, frame);
        }

        public async Task<Frame?> ReceiveAsync()
        {
            while (_frames.Count == 0)
            {
                if (_hasEnded || _isAbandoned)
                    return null;
                await _changed.Task;
            }

            await network.PauseUpTo(TimeSpan.FromMilliseconds(50));
            if (!_frames.TryDequeue(out var frame))
                return null; // The receiver has closed it meanwhile.
            Change();
            return frame;
        }

        public void End()
        {
            _hasEnded = true;
            Change();
        }

        public void Abandon()
        {
            _isAbandoned = true;
            while (_frames.TryDequeue(out var frame))
                frame.Drop();
            Change();
        }

        private async Task SendAfterAsync(Task before, Frame frame)
        {
            try
            {
                await before;
                while (_frames.Count >= BufferedFrames && !_isAbandoned && !_hasEnded)
                    await _changed.Task;
                if (_isAbandoned || _hasEnded)
                    throw new IOException("The channel is closed.");
            }
            catch (IOException)
            {
                frame.Drop();
                throw;
            }

            _frames.Enqueue(frame);
            Change();
        }

        private void Change()
        {
            var changed = _changed;
            _changed = new();
            changed.SetResult();
        }
    }

    private sealed class Frame(TakeoverMessage message)
    {
        private readonly List<SharedSocket> _sockets = [.. message.Handles.Select(Hold)];

        public byte[] Bytes { get; } = TakeoverFormat.Encode(message);

        public SafeHandle[] TakeHandles(EchoProcess receiver)
        {
            SafeHandle[] handles = [.. _sockets.Select(socket => new SimulatedDescriptor(socket, receiver))];
            Drop();
            return handles;
        }

        public void Drop()
        {
            foreach (var socket in _sockets)
                socket.Release();
            _sockets.Clear();
        }

        private static SharedSocket Hold(SafeHandle handle)
        {
            var socket = ((SimulatedDescriptor)handle).Socket;
            socket.Hold();
            return socket;
        }
    }
}
