using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// One forward and backward pass of a batch, with the autograd graph cut at each exchange. Between two exchanges each column has its own
/// graph: a stretch. At an exchange the maps are copied forward and their gradients backward. The gradients equal those of one uncut graph.
/// Nothing here reads a value, so work for other devices is queued without waiting for them. libtorch starts a copy between two CUDA
/// devices after all work that either was given before, and both wait for it. All copies of an exchange are therefore queued before any of
/// the next stretches; otherwise one column would wait for the other's stretch. The pass uses the network's working weights; the caller
/// keeps a scope of the threads open around it. <paramref name="delivered"/> is told the layers of each stretch whose gradients are
/// complete, last stretch first; for it, a network of one column is cut before each dense layer too.
/// </summary>
internal class CutPass(
    ColumnNetwork network, ColumnThreads threads, Action<IReadOnlyList<ColumnNetwork.Stage>>? delivered = null)
{
    private readonly Stack<Segment> passed = [];

    // Tensor + Tensor is not safe: TorchSharp makes a Scalar for its factor of 1, and the collector may free it while libtorch reads it.
    private readonly Scalar one = 1.ToScalar();

    /// <summary>
    /// Crops, [N,3,crop,crop] float32 for each column, on its device → logits, [N,classes] float32 on the first column's device, a leaf.
    /// Pass its gradient to <see cref="Backward"/>.
    /// </summary>
    public Tensor Forward(IReadOnlyList<Tensor> crops)
    {
        var type = network.Precision == ComputePrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        threads.BeginPass(crops[0].shape[0]);
        Tensor[] maps = [];
        foreach (var stages in Segments())
        {
            var columns = stages[0].Working.Length;
            var read = Copies(columns, maps, (own, _) => own.detach());
            var segment = new Segment(stages, new Tensor[columns], new Tensor[columns]);
            threads.Run(columns, column =>
            {
                Begin(column);
                var values = maps.Length == 0
                    ? ColumnNetwork.ChannelsLast(crops[column]).to(type)
                    : cat(read[column], dim: 1).requires_grad_(true);
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

    /// <summary>Computes the gradient of every working weight from that of the logits, [N,classes].</summary>
    public void Backward(Tensor logits)
    {
        Tensor[] gradients = [logits.to(passed.Peek().Outputs[0].dtype)];
        while (passed.TryPop(out var segment))
        {
            // A column's maps have a gradient from each column that read them.
            var (columns, width) = (segment.Outputs.Length, segment.Outputs[0].shape[1]);
            var parts = Copies(columns, gradients, (reader, column) => reader.narrow(1, column * width, width));
            threads.Run(columns, column =>
            {
                Begin(column);
                segment.Outputs[column].backward([parts[column].Aggregate((sum, next) => sum.add(next, one))]);
            });
            delivered?.Invoke(segment.Stages);
            gradients = passed.Count == 0 ? [] : [.. segment.Inputs.Select(input => input.grad
                ?? throw new InvalidOperationException("Maps have no gradient: the loss does not depend on them."))];
        }
    }

    /// <summary>Queues a copy from one column's device to another's; on one device there is nothing to copy.</summary>
    protected virtual Tensor Copied(Tensor values, int source, int target) => values.to(network.Placement.Devices[target]);

    /// <summary>A column's stretch is about to be queued.</summary>
    protected virtual void Begin(int column)
    {
    }

    /// <summary>
    /// Queues all copies of an exchange: for each target column its part of every source's values, on the target's device.
    /// </summary>
    private Tensor[][] Copies(int targets, Tensor[] sources, Func<Tensor, int, Tensor> part) =>
    [
        .. Enumerable.Range(0, targets).Select(target =>
            sources.Select((values, source) => Copied(part(values, target), source, target)).ToArray()),
    ];

    private IEnumerable<IReadOnlyList<ColumnNetwork.Stage>> Segments()
    {
        var segment = new List<ColumnNetwork.Stage>();
        foreach (var stage in network.Stages)
        {
            if (segment.Count > 0 && (stage.Exchanges || CutsForDelivery(stage)))
            {
                yield return segment;
                segment = [];
            }

            segment.Add(stage);
        }

        yield return segment;
    }

    private bool CutsForDelivery(ColumnNetwork.Stage stage) =>
        delivered is not null && network.Architecture.Columns == 1 && stage.Layer is (Dense or Classifier);

    private sealed record Segment(IReadOnlyList<ColumnNetwork.Stage> Stages, Tensor[] Inputs, Tensor[] Outputs);
}
