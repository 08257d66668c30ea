using System.CommandLine;
using AlexNetService.Benchmarks.Decode;
using AlexNetService.Benchmarks.Engine;
using AlexNetService.Benchmarks.Training;

var root = new RootCommand("Benchmarks of AlexNetService. Run them on a quiet machine; trust the ratios of one run.") 
{
    TrainingCommand.Create(),
    EngineCommand.Create(),
    DecodeCommand.Create(),
};
return root.Parse(args).Invoke();
