using System.Runtime.CompilerServices;

// Every native call here passes plain numbers and addresses: no stub, nothing that ahead-of-time compilation has to make.
[assembly: DisableRuntimeMarshalling]
