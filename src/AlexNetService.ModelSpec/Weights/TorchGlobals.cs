namespace AlexNetService.ModelSpec.Weights;

/// <summary>A name that a pickle asks Python to import. Here it is only ever compared with the few of the list below.</summary>
internal sealed record TorchGlobal(string Module, string Name);

/// <summary>
/// What a pickle may name, and what becomes of it: tensors and dictionaries. Nothing is ever looked up or called, so there is nothing
/// a hostile file could make run; what is not listed is refused by its name.
/// </summary>
internal static class TorchGlobals
{
    private const string OrderedDictionary = "collections.OrderedDict";
    private const string RebuildTensor = "torch._utils._rebuild_tensor_v2";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";

    // Whole numbers are listed for the counters beside the weights (epochs, an optimizer's steps), though no weight may consist of them.
    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        OrderedDictionary, RebuildTensor, RebuildParameter,
        "torch.FloatStorage", "torch.HalfStorage", "torch.BFloat16Storage", "torch.DoubleStorage",
        "torch.LongStorage", "torch.IntStorage", "torch.ShortStorage", "torch.CharStorage", "torch.ByteStorage", "torch.BoolStorage",
    };

    /// <summary>A name of the list.</summary>
    /// <exception cref="InvalidDataException">It is not on the list.</exception>
    public static TorchGlobal Find(string module, string name) => Allowed.Contains($"{module}.{name}")
        ? new TorchGlobal(module, name)
        : throw new InvalidDataException(
            $"names the Python object {module}.{name}, which is no part of a tensor. Code in weight files is never run: "
            + "save the weights alone, in Python: torch.save(model.state_dict(), 'weights.pth').");

    /// <summary>What Python would get by calling a global with arguments.</summary>
    /// <exception cref="InvalidDataException">This global is not called so.</exception>
    public static object Reduce(object? callable, object? arguments) =>
        (callable is TorchGlobal global ? $"{global.Module}.{global.Name}" : null, arguments) switch
        {
            (OrderedDictionary, object?[] { Length: 0 }) => new Dictionary<object, object?>(),
            (RebuildTensor, object?[] and [TorchStorage storage, long offset, object?[] sizes, object?[] strides, ..]) =>
                new TorchTensor(storage, offset, Integers(sizes), Integers(strides)),
            (RebuildParameter, object?[] and [TorchTensor tensor, ..]) => tensor,
            (null, _) => throw new InvalidDataException("calls something that is no function of PyTorch."),
            var (name, _) => throw new InvalidDataException($"calls {name} with unexpected arguments."),
        };

    /// <summary>The storage that a persistent identifier stands for: ('storage', class, key, device, elements).</summary>
    /// <exception cref="InvalidDataException">It stands for something else.</exception>
    public static TorchStorage Storage(object? identifier) =>
        identifier is object?[] and ["storage", TorchGlobal { Module: "torch" } type, string key, _, long elements]
            ? new TorchStorage(type.Name, key, elements)
            : throw new InvalidDataException("refers to something that is no storage of numbers.");

    private static long[] Integers(object?[] tuple) =>
        [.. tuple.Select(value => value as long? ?? throw new InvalidDataException("holds a tensor with impossible dimensions."))];
}
