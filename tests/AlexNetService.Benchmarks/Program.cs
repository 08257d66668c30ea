using System.CommandLine;
using AlexNetService.Benchmarks.Decode;
using AlexNetService.Benchmarks.Engine;
using AlexNetService.Benchmarks.Gpu;
using AlexNetService.Benchmarks.Service;
using AlexNetService.Benchmarks.Training;

var root = new RootCommand("Benchmarks of AlexNetService. Run them on a quiet machine; trust the ratios of one run.")
{
    TrainingCommand.Create(),
    FirstGradientCommand.Create(),
    RanksCommand.Create(),
    ScalingCommand.Create(),
    EngineCommand.Create(),
    GpuCommand.Create(),
    DecodeCommand.Create(),
    ServiceCommand.Create(),
    ProtocolsCommand.Create(),
    OverloadCommand.Create(),
    ReloadCommand.Create(),
    SlowBodiesCommand.Create(),
    RollCommand.Create(),
    StartCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
