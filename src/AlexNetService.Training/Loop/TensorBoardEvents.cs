using TorchSharp.Modules;
using static TorchSharp.torch.utils;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Writes a run's curves as TensorBoard event files to the run's folder <c>tensorboard</c>, one point per epoch. A resumed run writes
/// another file there; TensorBoard joins them.
/// </summary>
internal sealed class TensorBoardEvents(string run)
{
    private SummaryWriter? writer;

    public void EpochDone(EpochResult result)
    {
        writer ??= tensorboard.SummaryWriter(Path.Combine(run, "tensorboard"));
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
