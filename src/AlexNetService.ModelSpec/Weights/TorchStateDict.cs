namespace AlexNetService.ModelSpec.Weights;

/// <summary>Finds the tensors by name in what a PyTorch file holds.</summary>
internal static class TorchStateDict
{
    /// <summary>Where training scripts put the state dict, beside epochs and optimizers.</summary>
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model"];

    /// <summary>What a network inside another puts before its names: data parallelism, a training module, torch.compile.</summary>
    private static readonly string[] Prefixes = ["module.", "model.", "_orig_mod."];

    /// <summary>The tensors of a state dict, or of one that a dictionary holds, without prefixes that all names share.</summary>
    /// <param name="pickled">What the pickle holds.</param>
    /// <exception cref="InvalidDataException">There is no state dict.</exception>
    public static IReadOnlyDictionary<string, TorchTensor> Find(object? pickled)
    {
        var whole = pickled as Dictionary<object, object?> ?? throw new InvalidDataException(
            "holds no state dict. Save one, in Python: torch.save(model.state_dict(), 'weights.pth').");
        var candidates = Wrappers.Select(wrapper => whole.GetValueOrDefault(wrapper)).OfType<Dictionary<object, object?>>().Append(whole);
        var tensors = candidates.Select(Tensors).FirstOrDefault(tensors => tensors.Count > 0) ?? throw new InvalidDataException(
            $"holds no tensors, neither by name nor under {string.Join(", ", Wrappers)}.");
        while (Prefixes.FirstOrDefault(prefix => tensors.Keys.All(name => name.StartsWith(prefix, StringComparison.Ordinal))) is { } shared)
        {
            tensors = tensors.ToDictionary(tensor => tensor.Key[shared.Length..], tensor => tensor.Value, StringComparer.Ordinal);
        }

        return tensors;
    }

    private static Dictionary<string, TorchTensor> Tensors(Dictionary<object, object?> dictionary)
    {
        var tensors = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        foreach (var (name, value) in dictionary)
        {
            if (name is string text && value is TorchTensor tensor)
            {
                tensors.Add(text, tensor);
            }
        }

        return tensors;
    }
}
