using TorchSharp.Modules;
using static TorchSharp.torch.utils;

namespace AlexNetService.Training.Loop;

/// <summary>
/// A run's curves as TensorBoard event files, in the folder <c>tensorboard</c> of the run: losses by step, errors and rate by epoch. A
/// resumed run writes another file beside the first; TensorBoard joins them.
/// </summary>
/// <param name="run">The run's folder.</param>
public sealed class TensorBoardEvents(string run) : IProgress<StepReport>
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly SummaryWriter writer = tensorboard.SummaryWriter(Path.Combine(run, "tensorboard"));
    private (int Epoch, TimeSpan Elapsed) written;

    /// <summary>Writes the epoch's loss so far, every five seconds, against the photographs learned from.</summary>
    /// <param name="value">Where the run stands.</param>
    public void Report(StepReport value)
    {
        if (value.Epoch == written.Epoch && value.Elapsed - written.Elapsed < Every)
        {
            return;
        }

        written = (value.Epoch, value.Elapsed);
        var seen = ((value.Epoch - 1) * (long)value.Images) + value.Seen;
        writer.add_scalar("loss/so far in the epoch", (float)value.Loss, (int)Math.Min(seen / 1000, int.MaxValue));
    }

    /// <summary>Writes what an epoch brought.</summary>
    /// <param name="result">The epoch.</param>
    public void EpochDone(EpochResult result)
    {
        writer.add_scalar("loss/training", (float)result.Loss, result.Epoch);
        writer.add_scalar("learning rate", (float)result.LearningRate, result.Epoch);
        writer.add_scalar("top-1 error/training", (float)result.TrainingTop1Error, result.Epoch);
        if (result is { ValidationTop1Error: { } top1, ValidationTop5Error: { } top5 })
        {
            writer.add_scalar("top-1 error/held out", (float)top1, result.Epoch);
            writer.add_scalar("top-5 error/held out", (float)top5, result.Epoch);
        }
    }
}
