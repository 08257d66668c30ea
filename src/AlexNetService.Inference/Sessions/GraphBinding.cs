namespace AlexNetService.Inference.Sessions;

/// <summary>What was found out about a graph while it was checked against its card.</summary>
/// <param name="Input">Name of the input tensor.</param>
/// <param name="CropShape">Dimensions of one crop in the input, [3,crop,crop] or [crop,crop,3].</param>
/// <param name="FixedBatch">The only batch size the graph takes, or null where it takes any.</param>
/// <param name="Outputs">The outputs that the card names.</param>
internal sealed record GraphBinding(string Input, long[] CropShape, int? FixedBatch, IReadOnlyList<OutputTensor> Outputs)
{
    public OutputTensor? Find(OutputKinds kind) => Outputs.FirstOrDefault(output => output.Kind == kind);

    /// <summary>The tensors that must be computed to answer; logits stand in where the graph has no softmax.</summary>
    public IReadOnlyList<OutputTensor> Needed(OutputKinds kinds)
    {
        if (kinds.HasFlag(OutputKinds.Probabilities) && Find(OutputKinds.Probabilities) is null)
        {
            kinds = (kinds & ~OutputKinds.Probabilities) | OutputKinds.Logits;
        }

        return [.. Outputs.Where(output => kinds.HasFlag(output.Kind))];
    }
}

/// <summary>An output of a graph.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">Name of the tensor.</param>
/// <param name="CropShape">Its dimensions for one crop, such as [classes] or [classes,1,1].</param>
internal sealed record OutputTensor(OutputKinds Kind, string Name, long[] CropShape)
{
    /// <summary>Values for one crop.</summary>
    public int Values { get; } = (int)CropShape.Aggregate(1L, (product, dimension) => product * dimension);
}
