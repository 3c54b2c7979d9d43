using Sockeye.Cli;

StandardStream.KeepNumbers();
StandardText.Install();
return await CommandLine.RunAsync(args);
