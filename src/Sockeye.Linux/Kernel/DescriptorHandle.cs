using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>A descriptor that is closed when the handle is disposed.</summary>
internal sealed class DescriptorHandle : SafeHandle
{
    private readonly SystemCalls _system;

    public DescriptorHandle(SystemCalls system, int descriptor)
        : base(-1, ownsHandle: true)
    {
        _system = system;
        SetHandle(descriptor);
    }

    public override bool IsInvalid => handle < 0;

    protected override bool ReleaseHandle() => _system.Close((int)handle) == 0;
}
