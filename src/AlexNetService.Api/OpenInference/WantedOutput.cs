namespace AlexNetService.Api.OpenInference;

/// <summary>A tensor of the answer.</summary>
/// <param name="Output">Which.</param>
/// <param name="Binary">Whether as bytes behind the JSON.</param>
/// <param name="Classes">Classes wanted as strings, most probable first; 0 where the values are wanted.</param>
internal sealed record WantedOutput(InferenceOutput Output, bool Binary, int Classes)
{
    /// <summary>What a request wants of a model.</summary>
    /// <param name="request">The request.</param>
    /// <param name="possible">What can be asked for with its input.</param>
    /// <exception cref="TensorException">It wants what there is not.</exception>
    public static IReadOnlyList<WantedOutput> Of(InferRequest request, IReadOnlyList<InferenceOutput> possible)
    {
        var binary = request.Parameters?.BinaryDataOutput ?? false;
        if (request.Outputs is not { Count: > 0 } outputs)
        {
            return [.. possible.Select(output => new WantedOutput(output, binary, 0))];
        }

        var wanted = outputs.Select(output => Of(output, possible, binary)).ToArray();
        return wanted.DistinctBy(output => output.Output).Count() == wanted.Length
            ? wanted
            : throw new TensorException("outputs name a tensor twice. Name it once.");
    }

    private static WantedOutput Of(RequestOutput wanted, IReadOnlyList<InferenceOutput> possible, bool binary)
    {
        var output = possible.FirstOrDefault(output => output.Name == wanted.Name) ?? throw new TensorException(
            $"There is no output '{wanted.Name}' for this input; there is {string.Join(", ", possible.Select(output => output.Name))}.");
        if (wanted.Parameters?.SharedMemoryRegion is not null)
        {
            throw new TensorException($"There is no shared memory. Leave shared_memory_region of '{wanted.Name}' out.");
        }

        if (wanted.Parameters?.Classification is { } classes && (classes < 1 || output.Kind == OutputKind.Features))
        {
            throw new TensorException("classification must be 1 or more, and needs an output that has a value for each class.");
        }

        return new WantedOutput(
            output, wanted.Parameters?.BinaryData ?? binary, Math.Min(wanted.Parameters?.Classification ?? 0, output.Values));
    }
}
