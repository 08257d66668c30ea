using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// One forward and backward pass of a batch, with the autograd graph cut at each exchange. Between two exchanges each column has its
/// own graph. At an exchange the maps are copied forward and their gradients backward. The gradients equal those of one uncut graph.
/// Nothing here reads a value, so work for other devices is queued without waiting for them.
/// </summary>
/// <param name="network">The network; the pass uses its working weights.</param>
/// <param name="threads">Runs the columns; the caller keeps a scope of it open around the pass.</param>
internal sealed class CutPass(ColumnNetwork network, ColumnThreads threads)
{
    private readonly Stack<Segment> passed = [];

    // Tensor + Tensor is not safe: TorchSharp makes a Scalar for its factor of 1, and the collector may free it while libtorch reads it.
    private readonly Scalar one = 1.ToScalar();

    /// <summary>Crops → logits.</summary>
    /// <param name="crops">[N,3,crop,crop] float32.</param>
    /// <returns>[N,classes] float32 on the first column's device, a leaf; pass its gradient to <see cref="Backward"/>.</returns>
    public Tensor Forward(Tensor crops)
    {
        var type = network.Precision == ComputePrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        threads.BeginPass(crops.shape[0]);
        Tensor[] maps = [ColumnNetwork.ChannelsLast(crops)];
        foreach (var stages in Segments())
        {
            var columns = stages[0].Working.Length;
            var segment = new Segment(new Tensor[columns], new Tensor[columns]);
            threads.Run(columns, column =>
            {
                var values = passed.Count == 0
                    ? maps[0].to(network.Placement.Devices[column]).to(type)
                    : network.Joined([.. maps.Select(own => own.detach())], column).requires_grad_(true);
                segment.Inputs[column] = values;
                foreach (var stage in stages)
                {
                    values = stage.Working[column].call(values);
                }

                segment.Outputs[column] = values;
            });
            passed.Push(segment);
            maps = segment.Outputs;
        }

        return maps[0].detach().to(ScalarType.Float32).requires_grad_(true);
    }

    /// <summary>Computes the gradient of every working weight.</summary>
    /// <param name="logits">[N,classes], the gradient of the loss with respect to the logits.</param>
    public void Backward(Tensor logits)
    {
        Tensor[] gradients = [logits.to(passed.Peek().Outputs[0].dtype)];
        while (passed.TryPop(out var segment))
        {
            threads.Run(segment.Outputs.Length, column =>
                segment.Outputs[column].backward([Gathered(gradients, segment.Outputs.Length, column)]));
            gradients = passed.Count == 0 ? [] : [.. segment.Inputs.Select(input => input.grad
                ?? throw new InvalidOperationException("Maps have no gradient: the loss does not depend on them."))];
        }
    }

    /// <summary>The stages from one exchange to the next.</summary>
    private IEnumerable<IReadOnlyList<ColumnNetwork.Stage>> Segments()
    {
        var segment = new List<ColumnNetwork.Stage>();
        foreach (var stage in network.Stages)
        {
            if (stage.Exchanges && segment.Count > 0)
            {
                yield return segment;
                segment = [];
            }

            segment.Add(stage);
        }

        yield return segment;
    }

    /// <summary>The gradient of one column's maps: the sum over all columns that read them.</summary>
    private Tensor Gathered(Tensor[] ofReaders, int columns, int column)
    {
        var width = ofReaders[0].shape[1] / columns;
        return ofReaders.Select(reader => reader.narrow(1, column * width, width).to(network.Placement.Devices[column]))
            .Aggregate((sum, next) => sum.add(next, one));
    }

    /// <summary>Input and output of each column between two exchanges.</summary>
    private sealed record Segment(Tensor[] Inputs, Tensor[] Outputs);
}
