// Nothing is done before a page asks for something: whoever opens an invitation reads it without a login.
App({})
