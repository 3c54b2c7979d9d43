using System.Runtime.InteropServices;
using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>An io_uring (io_uring(7)): its memory, its operations, and its groups of buffers.</summary>
/// <remarks>
/// Operations complete when the ring is entered, in any order across them, and sometimes later than they could. The memory of a
/// send is read when it is sent, not when it is submitted, as in Linux.
/// </remarks>
internal sealed class RingFile : SimulatedFile, IWaitable
{
    private const int SubmissionSize = 64;
    private const int CompletionSize = 16;
    private const int MostOfOneOperation = 4;

    // The offsets of the words in the memory of the ring, which the kernel chooses.
    private const int SubmissionHead = 0, SubmissionTail = 4, CompletionHead = 8, CompletionTail = 12, CompletionsStart = 64;

    private readonly SimulatedKernel _kernel;
    private readonly byte[] _ring;
    private readonly byte[] _submissions;
    private readonly int _entries;
    private readonly int _completionEntries;
    private readonly List<Operation> _operations = [];
    private readonly Queue<(long UserData, int Result, int Flags)> _overflow = new();
    private readonly Dictionary<int, BufferGroup> _groups = [];
    private Action? _onReady;

    public RingFile(SimulatedKernel kernel, nint parameters, int entries)
    {
        (_kernel, _entries, _completionEntries) = (kernel, entries, Marshal.ReadInt32(parameters + 4));
        _ring = GC.AllocateArray<byte>(CompletionsStart + (_completionEntries * CompletionSize), pinned: true);
        _submissions = GC.AllocateArray<byte>(_entries * SubmissionSize, pinned: true);
        Marshal.WriteInt32(parameters, entries);
        Marshal.WriteInt32(parameters + 40, SubmissionHead);
        Marshal.WriteInt32(parameters + 44, SubmissionTail);
        Marshal.WriteInt32(parameters + 80, CompletionHead);
        Marshal.WriteInt32(parameters + 84, CompletionTail);
        Marshal.WriteInt32(parameters + 100, CompletionsStart);
    }

    public SimulatedKernel Kernel => _kernel;

    private bool HasCompletion => Read(CompletionHead) != Read(CompletionTail);

    private bool IsReady =>
        HasCompletion || _overflow.Count > 0 || _operations.Exists(operation => operation.CanContinue);

    public override PollMask Poll() => IsReady ? PollMask.In : PollMask.None;

    public override void Close()
    {
        foreach (var operation in _operations.ToList())
            operation.End();
    }

    public nint Map(nint length, long offset)
    {
        var memory = offset == 0 ? _ring : _submissions;
        Assert.True(length <= memory.Length, "The engine maps what the ring has.");
        return Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
    }

    public int Register(int descriptor, RegisterCode code, nint argument)
    {
        switch (code)
        {
            case RegisterCode.RingDescriptors:
                Marshal.WriteInt32(argument, descriptor);
                return 1;
            case RegisterCode.BufferRing:
                _groups.Add(
                    Marshal.ReadInt16(argument + 12), new((nint)Marshal.ReadInt64(argument), Marshal.ReadInt32(argument + 8)));
                return 0;
            case RegisterCode.UnregisterBufferRing:
                _groups.Remove(Marshal.ReadInt16(argument + 12));
                return 0;
            default:
                return 0;
        }
    }

    public int Enter(int submit, bool waits, EnterFlags flags)
    {
        for (var i = 0; i < submit; i++)
            Start(Read(SubmissionHead));
        if (!flags.HasFlag(EnterFlags.GetEvents))
            return submit;
        FlushOverflow();
        foreach (var operation in _kernel.Chance.Shuffle([.. _operations]))
        {
            for (var i = 0; i < MostOfOneOperation && operation is { IsOver: false, CanContinue: true }; i++)
            {
                if (_kernel.Chance.Is(_kernel.Faults.LateCompletion))
                    break;
                operation.Continue();
            }
        }

        // A thread that has nothing to do is woken by a signal: it waits again, in the next iteration.
        return waits && !HasCompletion ? -Errors.Interrupted : submit;
    }

    public void WhenReady(Action action)
    {
        if (IsReady)
            action();
        else
            _onReady = action;
    }

    public void StopWaiting() => _onReady = null;

    public BufferGroup? FindGroup(int group) => _groups.GetValueOrDefault(group);

    public IEnumerable<Operation> OperationsOn(SimulatedFile file) => _operations.Where(operation => operation.File == file);

    /// <summary>Called when an operation may have become able to continue.</summary>
    public void OnOperationReady()
    {
        var waiting = _onReady;
        _onReady = null;
        waiting?.Invoke();
    }

    public void Remove(Operation operation) => _operations.Remove(operation);

    public void Complete(long userData, int result, int flags)
    {
        _overflow.Enqueue((userData, result, flags));
        FlushOverflow();
    }

    private void FlushOverflow()
    {
        while (_overflow.Count > 0 && Read(CompletionTail) - Read(CompletionHead) < _completionEntries)
        {
            var (userData, result, flags) = _overflow.Dequeue();
            var tail = Read(CompletionTail);
            var at = CompletionsStart + ((tail & (_completionEntries - 1)) * CompletionSize);
            BitConverter.TryWriteBytes(_ring.AsSpan(at), userData);
            BitConverter.TryWriteBytes(_ring.AsSpan(at + 8), result);
            BitConverter.TryWriteBytes(_ring.AsSpan(at + 12), flags);
            Write(CompletionTail, tail + 1);
        }
    }

    private void Start(int head)
    {
        var entry = _submissions.AsSpan((head & (_entries - 1)) * SubmissionSize, SubmissionSize);
        Write(SubmissionHead, head + 1);
        if (_kernel.Find(BitConverter.ToInt32(entry[4..])) is not { } file)
            return;
        Operation operation = (Opcode)entry[0] switch
        {
            Opcode.PollAdd => new PollOperation(this, file, entry),
            Opcode.Receive => new ReceiveOperation(this, (SocketFile)file, entry),
            Opcode.Send or Opcode.SendMessage => new SendOperation(this, (SocketFile)file, entry),
            Opcode.AsyncCancel => new CancelOperation(this, file, entry),
            var unknown => throw new NotSupportedException($"A simulated ring has no operation {unknown}."),
        };
        _operations.Add(operation);
    }

    private int Read(int offset) => BitConverter.ToInt32(_ring.AsSpan(offset));

    private void Write(int offset, int value) => BitConverter.TryWriteBytes(_ring.AsSpan(offset), value);
}
