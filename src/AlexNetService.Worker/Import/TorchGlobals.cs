namespace AlexNetService.Worker.Import;

/// <summary>
/// The Python names that a pickle of weights may mention, and what they become: tensors and dictionaries. Names are only compared with
/// this list, never looked up or called, so a hostile file cannot run anything.
/// </summary>
internal static class TorchGlobals
{
    private const string OrderedDictionary = "collections.OrderedDict";
    private const string RebuildTensor = "torch._utils._rebuild_tensor_v2";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";

    // Integers may be stored beside the weights: epochs, an optimizer's steps. A weight may not consist of them.
    private static readonly Dictionary<string, object> Allowed = new[]
    {
        OrderedDictionary, RebuildTensor, RebuildParameter,
        "torch.FloatStorage", "torch.HalfStorage", "torch.BFloat16Storage", "torch.DoubleStorage",
        "torch.LongStorage", "torch.IntStorage", "torch.ShortStorage", "torch.CharStorage", "torch.ByteStorage", "torch.BoolStorage",
    }.ToDictionary(name => name, name => (object)new Global(name), StringComparer.Ordinal);

    /// <summary>The object that stands for a name.</summary>
    public static object Find(string name) => Allowed.TryGetValue(name, out var global)
        ? global
        : throw new InvalidDataException(
            $"names the Python object {name}, which is not part of a tensor. Code in weight files is never run: "
            + "save the weights alone, in Python: torch.save(model.state_dict(), 'weights.pth').");

    /// <summary>What Python would get by calling a global with arguments.</summary>
    public static object Reduce(object? callable, object? arguments) => ((callable as Global)?.Name, arguments) switch
    {
        (OrderedDictionary, object?[] { Length: 0 }) => new Dictionary<string, object?>(StringComparer.Ordinal),
        (RebuildTensor, object?[] and [TorchStorage storage, long offset, object?[] sizes, object?[] strides, ..]) =>
            new TorchTensor(storage, offset, Integers(sizes), Integers(strides)),
        (RebuildParameter, object?[] and [TorchTensor tensor, ..]) => tensor,
        (null, _) => throw new InvalidDataException("calls something that is not a PyTorch function."),
        var (name, _) => throw new InvalidDataException($"calls {name} with unexpected arguments."),
    };

    /// <summary>The storage that a persistent identifier stands for: ('storage', class, key, device, elements).</summary>
    public static TorchStorage Storage(object? identifier) =>
        identifier is object?[] and ["storage", Global type, string key, _, long elements]
            ? new TorchStorage(type.Name[(type.Name.LastIndexOf('.') + 1)..], key, elements)
            : throw new InvalidDataException("refers to something that is not a storage of numbers.");

    private static long[] Integers(object?[] tuple) =>
        [.. tuple.Select(value => value as long? ?? throw new InvalidDataException("holds a tensor with impossible dimensions."))];

    private sealed record Global(string Name);
}
