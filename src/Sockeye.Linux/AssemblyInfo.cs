using System.Runtime.CompilerServices;

// All native calls pass only numbers and addresses, so that they need no marshalling stubs.
[assembly: DisableRuntimeMarshalling]
