using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sockeye.Cli.Tests.Support;

/// <summary>The console that the tests share with the programs that they start.</summary>
internal static class WindowsConsole
{
    private const uint CtrlBreak = 1; // CTRL_BREAK_EVENT

    /// <summary>Presses Ctrl+Break for a process that was started in a process group of its own.</summary>
    public static void SendBreak(int process)
    {
        if (!GenerateConsoleCtrlEvent(CtrlBreak, (uint)process))
            throw new Win32Exception();
    }

#pragma warning disable SYSLIB1054 // What it asks for generates unsafe code, which this assembly has none of.
    [DllImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool GenerateConsoleCtrlEvent(uint ctrlEvent, uint processGroup);
#pragma warning restore SYSLIB1054
}
