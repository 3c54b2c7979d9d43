using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

// Presses Ctrl+C in the console of a process, whose id is the only argument. Windows only: elsewhere, kill sends SIGINT.
var process = uint.Parse(args[0], CultureInfo.InvariantCulture);
ConsoleCalls.FreeConsole(); // It may have none.
if (!ConsoleCalls.AttachConsole(process))
    throw new Win32Exception();
// It is in that console, too.
if (!ConsoleCalls.SetConsoleCtrlHandler(0, true) || !ConsoleCalls.GenerateConsoleCtrlEvent(ConsoleCalls.CtrlC, 0))
    throw new Win32Exception();

/// <summary>learn.microsoft.com/windows/console/console-functions</summary>
internal static class ConsoleCalls
{
    public const uint CtrlC = 0; // CTRL_C_EVENT

    private const string Library = "kernel32";

#pragma warning disable SYSLIB1054 // What it asks for generates unsafe code, which this assembly has none of.
    [DllImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static extern bool FreeConsole();

    [DllImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static extern bool AttachConsole(uint process);

    /// <param name="handler">0, for the process as a whole.</param>
    /// <param name="isAdded">With 0: whether the process ignores Ctrl+C.</param>
    [DllImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static extern bool SetConsoleCtrlHandler(nint handler, [MarshalAs(UnmanagedType.Bool)] bool isAdded);

    [DllImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static extern bool GenerateConsoleCtrlEvent(uint ctrlEvent, uint processGroup);
#pragma warning restore SYSLIB1054
}
