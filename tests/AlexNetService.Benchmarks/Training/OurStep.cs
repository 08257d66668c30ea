using System.Diagnostics;
using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary>The training step of <c>alexnet train</c> on one batch of random crops, from their bytes to the loss.</summary>
internal sealed class OurStep : Contender
{
    // With fewer labels than classes the loss falls soon.
    private const int MostLabels = 10;

    private readonly ColumnNetwork network;
    private readonly TrainingStep step;
    private readonly PixelCentring centring;
    private readonly Batch crops;
    private int made;

    public OurStep(NetworkArchitecture architecture, int batch, ComputePrecision precision, ColumnPlacement placement)
        : base($"AlexNetService {precision}", batch)
    {
        network = new ColumnNetwork(architecture, placement, precision);
        ColumnWeights.Initialise(network, seed: 1);
        network.train();
        step = new TrainingStep(network, new TrainingRecipe());
        var side = architecture.Geometry.Crop;
        centring = new PixelCentring(new ColourStatistics([120, 120, 120], [], []), side, placement);
        crops = new Batch(batch, side, ScalarType.Byte, placement.UsesCuda) { Count = batch };
        var random = new Random(1);
        random.NextBytes(crops.CropBuffer.bytes);
        crops.ShiftBuffer.bytes.Clear();
        foreach (ref var label in MemoryMarshal.Cast<byte, long>(crops.LabelBuffer.bytes))
        {
            label = random.Next(Math.Min(MostLabels, architecture.Classes));
        }
    }

    /// <summary>Makes steps and returns the loss of each before its update, in nats per crop.</summary>
    public float[] Losses(int steps, double rate)
    {
        var losses = new List<float>();
        LateReading? before = null;
        void Read()
        {
            if (before is not null)
            {
                losses.Add(before.Read()[0]);
                before.Dispose();
            }
        }

        for (var i = 0; i < steps; i++)
        {
            using var scope = NewDisposeScope();
            var facts = new LateReading(step.Run(centring.Of(crops), crops.Labels(), rate, seed: made++));
            Read();
            before = facts;
        }

        Read();
        return [.. losses];
    }

    public override void Dispose()
    {
        step.Dispose();
        network.Dispose();
        centring.Dispose();
        crops.Dispose();
    }

    protected override (double Seconds, double Cpu) Run(int steps)
    {
        var (from, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

        // A rate near zero keeps the weights in their initial range, where arithmetic has the usual speed.
        _ = Losses(steps, rate: 1e-9);
        return (Stopwatch.GetElapsedTime(from).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}
