using System.Diagnostics.Tracing;

namespace AlexNetService.Inference.Tests.Diagnostics;

/// <summary>
/// Listens to allocations on the large-object heap. The runtime reports every 100 KB of them, so no canvas of 201 KB goes unnoticed.
/// </summary>
internal sealed class LargeAllocations : EventListener
{
    private const EventKeywords GarbageCollector = (EventKeywords)1;
    private const string AllocationTick = "GCAllocationTick";
    private const uint Large = 1;

    private static readonly string Last = typeof(decimal[]).FullName ?? "";

    private readonly List<string> types = [];
    private readonly TaskCompletionSource last = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Types of the objects that were allocated so far.</summary>
    public async Task<List<string>> Types()
    {
        // Reports come late but in order: once this allocation is reported, all earlier ones were.
        GC.KeepAlive(new decimal[100_000]);
        await last.Task;
        lock (types)
        {
            return [.. types];
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollector);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith(AllocationTick, StringComparison.Ordinal) != true
            || eventData is not { PayloadNames: { } names, Payload: { } values })
        {
            return;
        }

        if (values[names.IndexOf("AllocationKind")] is Large)
        {
            var type = $"{values[names.IndexOf("TypeName")]}";
            if (type == Last)
            {
                last.TrySetResult();
                return;
            }

            lock (types)
            {
                types.Add(type);
            }
        }
    }
}
